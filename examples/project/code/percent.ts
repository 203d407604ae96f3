const { part, whole }: { part: number; whole: number } = params as never;
return `${Math.round((100 * part) / whole)} %`;
