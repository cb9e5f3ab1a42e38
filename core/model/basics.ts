/** Schemas that the others are made of. */
import { Type } from './type.ts';

/** ISO 8601; without an offset it is a local time of the site. */
export const DateTime = Type.String({ pattern: '^\\d{4}-\\d{2}(-\\d{2}(T\\d{2}(:\\d{2}(:\\d{2}(\\.\\d+)?)?)?(Z|[+-]\\d{2}:\\d{2})?)?)?$' });
