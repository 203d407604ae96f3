#!/usr/bin/env bash
wc -w -- "$@"
