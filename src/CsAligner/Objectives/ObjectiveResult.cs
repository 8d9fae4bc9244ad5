using CsAligner.Tensors;

namespace CsAligner.Objectives;

/// <summary>The result of a forward pass of <see cref="CsAlignerObjective"/>.</summary>
/// <param name="Loss">The weighted sum, a scalar of the tape.</param>
/// <param name="CauchySchwarz">D_CS in nats before its weight; 0 when that is 0.</param>
/// <param name="InfoNce">InfoNCE in nats before its weight; 0 when that is 0 or there are no pairs.</param>
public readonly record struct ObjectiveResult(Tensor Loss, double CauchySchwarz, double InfoNce);
