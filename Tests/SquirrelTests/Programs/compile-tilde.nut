local a = $5
