type Person = { firstName: string; lastName: string; avatarUrl?: string | null };

/** A picture of somebody, or their initials. Their name always stands beside it. */
export const Avatar = ({ person: { firstName, lastName, avatarUrl } }: { person: Person }) =>
  avatarUrl
    ? <img className="avatar" src={avatarUrl} alt="" />
    : <span className="avatar" aria-hidden>{firstName[0]}{lastName[0]}</span>;
