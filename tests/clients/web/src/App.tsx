import { useQuery, useReactiveVar } from "@apollo/client/react";
import { useEffect } from "react";
import { Loading } from "./Alert";
import { clearClient, signOut } from "./apollo";
import { Avatar } from "./Avatar";
import { ConnectionNotice } from "./ConnectionNotice";
import { TimeZone } from "./dates";
import { EmailNotice } from "./EmailNotice";
import { graphql } from "./gql";
import type { MeQuery } from "./gql/graphql";
import { nameOf } from "./labels";
import { Account } from "./pages/Account";
import { Appointments } from "./pages/Appointments";
import { Booking } from "./pages/Booking";
import { ChoosePassword } from "./pages/ChoosePassword";
import { Days } from "./pages/Days";
import { Doctors } from "./pages/Doctors";
import { Family } from "./pages/Family";
import { ForgottenPassword } from "./pages/ForgottenPassword";
import { ProfileForm } from "./pages/ProfileForm";
import { SignIn } from "./pages/SignIn";
import { VerifyEmail } from "./pages/VerifyEmail";
import { useRoute } from "./routes";
import { session } from "./session";

const Me = graphql(`query Me {
  clinic { today timeZone }
  me {
    id email emailVerified firstName lastName avatarUrl isDoctor isPatient
    doctor { id user { id firstName lastName } }
    assistedDoctors { id user { id firstName lastName } }
    patient { id }
    patients {
      id dateOfBirth
      user { id firstName lastName avatarUrl }
      guardians { relationship person { id firstName lastName email } }
    }
  }
}`);

export function App() {
  const isSignedIn = useReactiveVar(session) !== null;
  useEffect(() => { if (!isSignedIn) void clearClient(); }, [isSignedIn]);
  return <><ConnectionNotice /><Entry isSignedIn={isSignedIn} /></>;
}

function Entry({ isSignedIn }: { isSignedIn: boolean }) {
  const { page, argument } = useRoute();
  // Links in emails work with and without a session.
  if (page === "verify-email") return <VerifyEmail token={argument} />;
  if (page === "choose-password") return <ChoosePassword token={argument} />;
  if (isSignedIn) return <Home />;
  return page === "forgotten-password" ? <ForgottenPassword /> : <SignIn />;
}

/** The pages of a user by their name in the URL. The first one is also the home page. */
function pagesOf(me: MeQuery["me"]): Record<string, string> {
  const worksForDoctors = me.assistedDoctors.length > 0;
  const days = worksForDoctors ? { days: "Doctors’ days" } : me.isDoctor && { days: "My day" };
  const books = me.isPatient || me.patients.length > 0 || !days;
  return {
    ...days,
    ...(books && { doctors: "Find a doctor", appointments: "My appointments", family: "Family" }),
    account: "Account",
  };
}

function Home() {
  const { data, error } = useQuery(Me);
  const { page, argument } = useRoute();
  useEffect(() => void scrollTo(0, 0), [page, argument]);
  if (!data) return <Loading error={error} />;
  const { me, clinic } = data;
  const pages = pagesOf(me);
  const current = page in pages ? page : Object.keys(pages)[0]!;
  return (
    <>
      <header>
        <a className="brand" href="#/">CyberMed</a>
        <nav aria-label="Pages">
          {Object.entries(pages).map(([name, label]) => (
            <a key={name} href={`#/${name}`} aria-current={name === current ? "page" : undefined}>{label}</a>
          ))}
        </nav>
        <Avatar person={me} />
        <span>{nameOf(me)}</span>
        <button className="link" onClick={() => void signOut()}>Sign out</button>
      </header>
      <main tabIndex={-1}>
        {!me.emailVerified && <EmailNotice email={me.email} />}
        <TimeZone value={clinic.timeZone}><Page page={current} argument={argument} today={clinic.today} me={me} /></TimeZone>
      </main>
      <footer>All times are the clinic’s: {clinic.timeZone}.</footer>
    </>
  );
}

type PageProps = { page: string; argument: string; today: string; me: MeQuery["me"] };

function Page({ page, argument, today, me }: PageProps) {
  if (page === "account") return <Account me={me} />;
  if (page === "days") return <Days today={today} me={me} />;
  if (page === "family") return <Family me={me} />;
  if (me.patients.length === 0) return <ProfileForm isPatient={me.isPatient} />;
  if (page === "appointments") return <Appointments today={today} me={me} />;
  return argument ? <Booking key={argument} doctorId={argument} today={today} me={me} /> : <Doctors />;
}
