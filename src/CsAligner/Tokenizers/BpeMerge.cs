namespace CsAligner.Tokenizers;

/// <summary>Two tokens that stand side by side in a word and become one.</summary>
public readonly record struct BpeMerge(string Left, string Right);
