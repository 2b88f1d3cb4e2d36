"""Activities of an inventory as rows of a workbook: devices, materials and processes, with all that their files say."""
