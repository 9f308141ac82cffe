local c = ''
