"""Files of rows, CSV and workbooks: read row by row, and each row that can't be used is named.

What a row means is for the rooms of calls and cases; here is what they share.
"""
