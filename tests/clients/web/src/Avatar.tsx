type Person = { firstName: string; lastName: string; avatarUrl?: string | null };

/** A person's picture or initials. Hidden from screen readers, because the name is always next to it. */
export const Avatar = ({ person: { firstName, lastName, avatarUrl } }: { person: Person }) =>
  avatarUrl
    ? <img className="avatar" src={avatarUrl} alt="" />
    : <span className="avatar" aria-hidden>{firstName[0]}{lastName[0]}</span>;
