local a
break
