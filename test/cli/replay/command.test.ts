import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { openRunJudge } from '../../../cli/replay/judge.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { type Manifest, readManifest } from '../../../core/archive/manifest.ts';
