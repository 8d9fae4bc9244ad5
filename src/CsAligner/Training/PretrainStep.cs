namespace CsAligner.Training;

/// <summary>Progress of a pretraining run, logged every few steps.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">InfoNCE in nats, the mean since the last report.</param>
/// <param name="LogitScale">1 / temperature.</param>
/// <param name="LearningRate">That of the last step.</param>
/// <param name="GradNorm">The norm before clipping, in the last step.</param>
public sealed record PretrainStep(int Step, double Loss, double LogitScale, double LearningRate, double GradNorm);
