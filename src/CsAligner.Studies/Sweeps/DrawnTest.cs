using CsAligner.Tensors;

namespace CsAligner.Studies.Sweeps;

/// <summary>What pictures made of a test's names are judged by.</summary>
/// <param name="Noise">For each name the number that its noise is drawn by.</param>
/// <param name="Texts">The names as the model embeds them, without an adapter.</param>
/// <param name="Own">The true pictures by the recipe's model.</param>
/// <param name="Judge">The same by the second judge; null if there is none.</param>
internal sealed record DrawnTest(ulong[] Noise, Tensor Texts, Tensor Own, Tensor? Judge);
