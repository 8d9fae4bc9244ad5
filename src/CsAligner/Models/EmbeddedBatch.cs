using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>What an embedder made of samples <paramref name="First"/> and on; its tensors live only while it is handed over.</summary>
/// <param name="First">The number of its first sample.</param>
/// <param name="Features">[B, D], rows of unit length.</param>
/// <param name="Tokens">[N, D], rows of unit length, packed one sample below the other; null where none were asked for.</param>
/// <param name="Offsets">B + 1 numbers: sample First + b has the tokens Offsets[b] up to Offsets[b + 1]; null without tokens.</param>
public sealed record EmbeddedBatch(int First, Tensor Features, Tensor? Tokens = null, int[]? Offsets = null);
