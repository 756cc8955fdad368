import { createContext } from "svelte";
import type { Reader } from "../time/say";
import type { Desk } from "./desk.svelte";

/** The desk of whoever is signed in, for every component of the pages behind the sign-in. */
export const [desk, provideDesk] = createContext<Desk>();

/** For whose eyes times are: a function, since language and zone change with the profile. */
export const [reader, provideReader] = createContext<() => Reader>();
