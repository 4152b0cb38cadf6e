/** The reason of a notice on a change whose tree holds a secret's value, and of all that is refused for it. */
export const SECRET_IN_CHANGE = 'SECRET_IN_CHANGE';
