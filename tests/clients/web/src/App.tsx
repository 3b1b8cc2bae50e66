import { useQuery, useReactiveVar } from "@apollo/client/react";
import { useEffect, useSyncExternalStore } from "react";
import { Account, ProfileForm } from "./Account";
import { clearClient, signOut } from "./apollo";
import { Avatar } from "./Avatar";
import { Booking } from "./Booking";
import { Doctors } from "./Doctors";
import { Loading } from "./Form";
import { graphql } from "./gql";
import type { MeQuery } from "./gql/graphql";
import { session } from "./session";
import { SignIn } from "./SignIn";
import { Appointments, Day } from "./Appointments";

const Me = graphql(`query Me {
  clinic { today timeZone }
  me { id email firstName lastName avatarUrl isDoctor patient { id user { id firstName lastName avatarUrl } } }
}`);

const onHashChange = (listener: () => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

export function App() {
  const isSignedIn = useReactiveVar(session) !== null;
  useEffect(() => { if (!isSignedIn) void clearClient(); }, [isSignedIn]);
  return isSignedIn ? <Home /> : <SignIn />;
}

function Home() {
  const { data, error } = useQuery(Me);
  const hash = useSyncExternalStore(onHashChange, () => location.hash || "#/");
  useEffect(() => void scrollTo(0, 0), [hash]);
  if (!data) return <Loading error={error} />;
  const { me, clinic } = data;
  const pages = me.isDoctor ? { "#/": "My day" } : { "#/": "Find a doctor", "#/appointments": "My appointments" };
  return (
    <>
      <header>
        <a className="brand" href="#/">CyberMed</a>
        <nav aria-label="Pages">
          {Object.entries({ ...pages, "#/account": "Account" }).map(([to, label]) => (
            <a key={to} href={to} aria-current={hash === to ? "page" : undefined}>{label}</a>
          ))}
        </nav>
        <Avatar person={me} />
        <span>{me.firstName} {me.lastName}</span>
        <button className="link" onClick={() => void signOut()}>Sign out</button>
      </header>
      <main><Page hash={hash} today={clinic.today} me={me} /></main>
      <footer>All times are the clinic’s: {clinic.timeZone}.</footer>
    </>
  );
}

function Page({ hash, today, me }: { hash: string; today: string; me: MeQuery["me"] }) {
  const [, page, id = ""] = hash.split("/");
  if (page === "account") return <Account me={me} />;
  if (me.isDoctor) return <Day today={today} />;
  if (!me.patient) return <ProfileForm />;
  if (page === "appointments") return <Appointments today={today} />;
  if (page === "doctors") return <Booking key={id} doctorId={decodeURIComponent(id)} today={today} me={me} />;
  return <Doctors />;
}
