local c = 'ab'
