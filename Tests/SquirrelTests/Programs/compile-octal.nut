local a = 089
