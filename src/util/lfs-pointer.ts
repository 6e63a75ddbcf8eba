/** @file Pointers of Git LFS, which lie in place of files that have not been fetched. */

const POINTER = /^version https:\/\/git-lfs\.[^\n]*\n/;

/** Does a file begin as a pointer does? A pointer is shorter than 512 bytes as a whole. */
export const isLfsPointer = (start: string): boolean => POINTER.test(start);
