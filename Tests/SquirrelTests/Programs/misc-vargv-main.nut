print(vargv.len() + " " + typeof this + "\n")
