// line
# hash line
/* block */ print("a") /* in between */
/* multi
line */ print("b") // end
print("c\n") # end
