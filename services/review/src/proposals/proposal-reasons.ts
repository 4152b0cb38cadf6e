/** Somebody took the landing out of the queue; of one that is PROPOSED: wants its request to be closed. */
export const EJECTED_BY_USER = 'EJECTED_BY_USER';
/** The forge merged it, and not as it was tested. */
export const LANDED_OTHER_TREE = 'LANDED_OTHER_TREE';
/** Somebody else pushed to the branch of the open request: it is not overwritten. */
export const HEAD_BRANCH_MOVED = 'HEAD_BRANCH_MOVED';
