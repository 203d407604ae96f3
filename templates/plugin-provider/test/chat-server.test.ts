import { test } from 'node:test';
import { providerChecks } from '@toka/sdk/testing';
import chatServer from '../dist/chat-server.js';
import { serve } from './server.ts';

for (const { name, run } of providerChecks) test(name, () => run(chatServer, serve));
