"""From a patient file to the draft of its study file, and from the dictionary to an empty spreadsheet."""
