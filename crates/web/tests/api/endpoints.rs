//! Every operation once as it is meant, and what each refuses.
