import { getUser } from './users.js';

// TODO: show the name
getUser('1');
