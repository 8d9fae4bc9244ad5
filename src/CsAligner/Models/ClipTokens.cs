using CsAligner.Tensors;

namespace CsAligner.Models;

/// <summary>
/// The output of a tower for B samples: a feature for each, and its tokens in the same space, packed sample after sample.
/// D projection, N tokens of all samples.
/// </summary>
/// <param name="Pooled">[B, D], rows of unit length.</param>
/// <param name="Tokens">[N, D], rows of unit length.</param>
/// <param name="Offsets">B + 1 numbers: sample b has rows Offsets[b] up to Offsets[b + 1], at least one.</param>
public sealed record ClipTokens(Tensor Pooled, Tensor Tokens, int[] Offsets);
