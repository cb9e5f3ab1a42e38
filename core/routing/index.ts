/** Decides where a canonical event goes (SAFETY B6): named destinations or an explicit rule, never because an identifier exists there. */
export { route, takes, type Destination, type RouteResult, type RoutableEvent } from './route.ts';
