"""How large what comes from outside may be; each limit is compared before memory or disk is spent."""

VOXELS_MAX = 2**27
"""Of one volume: 134 million. A whole head at 0.5 mm has 84 million."""
AXIS_VOXELS = (2, 4096)
EDGE_MM = (0.02, 50.0)
"""Of a voxel."""
SIZE = (4, 1024)
"""Of a collection's volumes, along an axis."""
LABEL_MAX = 65_535
FILE_BYTES_MAX = 2**31
HEADER_BYTES_MAX = 2**24
"""Of a scan's header and extensions: what lies before the voxels."""
FILES_MAX = 500_000
"""That are looked at in a folder."""
SCANS_MAX = 20_000
TABLE_BYTES_MAX = 2**25
TABLE_ROWS_MAX = 50_000
GROUP_CHARACTERS_MAX = 80
ARCHIVE_BYTES_MAX = 2**32
ARCHIVE_LIST_BYTES_MAX = 2**22
"""Of an archive's own list of what it holds; it is held in memory."""
ARCHIVE_MEMBERS_MAX = 20_000
ARCHIVE_UNPACKED_BYTES_MAX = 2**34
ARCHIVE_RATIO_MAX = 100
"""Unpacked to packed, over a whole archive: stored scans reach 10, what was made to fill a disk 1,000 and more."""
