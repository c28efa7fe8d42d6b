/** Tells a region's name from any other text; whether AWS has such a region is not known here. */
export const isRegion = (text: string): boolean => /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/.test(text);
