using CsAligner.Tensors;

namespace CsAligner.Generation.Diffusion;

/// <summary>
/// Follows a velocity from noise to data. An application's own sampler derives from this one and is handed to
/// <see cref="PictureGenerator"/>, or found by name once it is registered with <see cref="Samplers"/>.
/// </summary>
public abstract class Sampler
{
    /// <summary>The sampler's name in files and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>How often the velocity is asked for in a run.</summary>
    /// <param name="steps">Steps of the run, at least 1.</param>
    public abstract int Evaluations(int steps);

    /// <summary>Moves samples from t = 0 to t = 1 in place, in steps of one length.</summary>
    /// <param name="samples">[B, ...]: noise, and at the end data.</param>
    /// <param name="field">Their velocity. It is never asked for at t = 1.</param>
    /// <param name="steps">How many, at least 1.</param>
    /// <param name="evaluated">Called after each evaluation of the velocity; it may throw to stop.</param>
    public void Run(Tensor samples, VelocityField field, int steps, Action? evaluated = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(field);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        var told = evaluated is null ? field : (z, t, v) =>
        {
            field(z, t, v);
            evaluated();
        };
        Begin(samples);
        for (int step = 0; step < steps; step++) Step(samples, told, (float)((double)step / steps), (float)((step + 1.0) / steps));
    }

    /// <summary>Called before the first step of a run: a sampler that remembers earlier steps, or needs room, gets ready here.</summary>
    /// <param name="samples">The noise.</param>
    protected abstract void Begin(Tensor samples);

    /// <summary>Moves samples by one step in place.</summary>
    /// <param name="samples">At <paramref name="from"/>, afterwards at <paramref name="to"/>.</param>
    /// <param name="field">Their velocity; not to be asked for at t = 1.</param>
    /// <param name="from">The time at the beginning, 0 or more.</param>
    /// <param name="to">The time at the end, at most 1.</param>
    protected abstract void Step(Tensor samples, VelocityField field, float from, float to);
}
