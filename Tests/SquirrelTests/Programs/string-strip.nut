print("[" + strip("  both  ") + "][" + lstrip("  left ") + "][" + rstrip(" right  ") + "][" + strip("") + "][" + strip("   ") + "][" + strip("\t\nx\r\n") + "]\n")
