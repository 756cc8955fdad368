export { People, type Somebody } from "../people/people";
