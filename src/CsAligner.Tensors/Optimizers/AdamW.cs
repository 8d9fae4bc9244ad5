using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Optimizers;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 2019) and bias-corrected moments.</summary>
public sealed unsafe class AdamW
{
    private readonly (string Name, Tensor Weights, Tensor First, Tensor Second)[] _slots;
    private readonly AdamWOptions _options;

    /// <summary>An optimizer whose moments start at zero.</summary>
    /// <param name="parameters">The parameters to train, by distinct names.</param>
    /// <param name="options">Its settings; null for the defaults.</param>
    public AdamW(IEnumerable<(string Name, Tensor Weights)> parameters, AdamWOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _options = options ?? new AdamWOptions();
        _slots = [.. parameters.Select(p => (p.Name, p.Weights, new Tensor(p.Weights.Shape), new Tensor(p.Weights.Shape)))];
    }

    /// <summary>How many steps have been taken; the bias correction needs it, so a resumed run sets it.</summary>
    public long StepCount { get; set; }

    /// <summary>The moments by name ("NAME.first", "NAME.second"), to save and to restore in place.</summary>
    public IEnumerable<(string Name, Tensor Values)> State
        => _slots.SelectMany(s => new[] { (s.Name + ".first", s.First), (s.Name + ".second", s.Second) });

    /// <summary>Forgets the gradients of all parameters.</summary>
    public void ZeroGrad()
    {
        foreach (var slot in _slots) slot.Weights.ZeroGrad();
    }

    /// <summary>The L2 norm of all gradients taken together; parameters without one count as zero.</summary>
    public double GradNorm()
    {
        double sum = 0;
        foreach (var slot in _slots)
        {
            if (slot.Weights.HasGrad) sum += Reductions.SumOfSquares(slot.Weights.GradPointer, slot.Weights.Length);
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Updates every parameter that has a gradient, then forgets the gradients.</summary>
    /// <param name="learningRate">0 or more.</param>
    /// <param name="maxGradNorm">Gradients are scaled down together to this norm where theirs is larger; greater than 0.</param>
    /// <returns>The norm of the gradients before clipping.</returns>
    public double Step(double learningRate, double maxGradNorm = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(learningRate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxGradNorm);
        StepCount++;
        double norm = GradNorm();
        float scale = norm > maxGradNorm ? (float)(maxGradNorm / norm) : 1;
        float rate = (float)(learningRate / (1 - Math.Pow(_options.Beta1, StepCount)));
        float correction = (float)(1 / Math.Sqrt(1 - Math.Pow(_options.Beta2, StepCount)));
        foreach (var (_, weights, first, second) in _slots)
        {
            if (!weights.HasGrad) continue;
            float decay = weights.Rank >= 2 ? (float)(1 - (learningRate * _options.WeightDecay)) : 1;
            var update = new AdamWUpdate(scale, _options.Beta1, _options.Beta2, decay, rate, correction, _options.Epsilon);
            AdamWKernel.Step(weights.Pointer, weights.GradPointer, first.Pointer, second.Pointer, weights.Length, update);
            weights.ZeroGrad();
        }

        return norm;
    }
}
