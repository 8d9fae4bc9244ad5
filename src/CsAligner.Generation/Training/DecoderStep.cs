namespace CsAligner.Generation.Training;

/// <summary>The report of one training step of a decoder.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Samples">Pictures shown.</param>
/// <param name="Loss">Mean squared error of the velocity.</param>
/// <param name="GradNorm">Of the gradients, before clipping.</param>
public sealed record DecoderStep(long Step, long Samples, double Loss, double GradNorm);
