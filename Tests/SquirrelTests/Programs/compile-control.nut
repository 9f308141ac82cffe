local a = 
