namespace CsAligner.Tensors.Optimizers;

/// <summary>A learning rate that rises linearly from 0 to its peak and then falls along half a cosine.</summary>
/// <param name="Peak">The highest rate, reached after the warm-up; 0 or more.</param>
/// <param name="WarmupSteps">Steps of the rise, 0 or more.</param>
/// <param name="TotalSteps">All steps, at least the warm-up's.</param>
/// <param name="Floor">The rate at the end, as a share of the peak, 0 to 1.</param>
public sealed record CosineSchedule(double Peak, int WarmupSteps, int TotalSteps, double Floor = 0)
{
    /// <summary>The rate of one step.</summary>
    /// <param name="step">From 0; after the last step the floor stays.</param>
    public double At(long step)
    {
        if (step < WarmupSteps) return Peak * (step + 1) / WarmupSteps;
        if (step >= TotalSteps) return Peak * Floor;
        double progress = (double)(step - WarmupSteps) / Math.Max(1, TotalSteps - WarmupSteps);
        return Peak * (Floor + ((1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * progress))));
    }
}
