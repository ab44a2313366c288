"""The files that a report is drawn as: page, PDF, workbook, rows; and its pictures."""
