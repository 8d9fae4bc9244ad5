using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Training;

/// <summary>
/// The trained weights at the start and at the best epoch so far, and the way between: what a run would keep lies between the start's
/// and the trained weights (<see cref="AlignmentOptions.Interpolation"/>).
/// </summary>
internal sealed class WeightSnapshots
{
    private readonly (string Name, Tensor Values)[] _weights;
    private readonly float _interpolation;
    private readonly Tensor[] _start;
    private readonly Tensor[] _trained;
    private readonly Tensor[] _best;

    /// <param name="weights">The weights in use, at their start.</param>
    /// <param name="interpolation">The position of the kept weights between the initial (0) and the trained ones (1).</param>
    public WeightSnapshots(IEnumerable<(string Name, Tensor Values)> weights, double interpolation)
    {
        _weights = [.. weights];
        _interpolation = (float)interpolation;
        (_start, _trained, _best) = (Copies(), Copies(), Copies());
    }

    /// <summary>The tensors that a checkpoint must have.</summary>
    public IEnumerable<(string Name, Tensor Values)> State => _weights.Select((weight, i) => ($"best.{weight.Name}", _best[i]));

    /// <summary>Puts what would be kept if training ended here in the place of the weights, until <see cref="Return"/>.</summary>
    public void Interpolate()
    {
        for (int i = 0; i < _weights.Length; i++)
        {
            var weights = _weights[i].Values.Span;
            weights.CopyTo(_trained[i].Span);
            TensorPrimitives.Lerp(_start[i].Span, _trained[i].Span, _interpolation, weights);
        }
    }

    /// <summary>Remembers the weights in use as the best.</summary>
    public void KeepBest() => Copy(_weights.Select(w => w.Values), _best);

    /// <summary>Puts the trained weights back.</summary>
    public void Return() => Copy(_trained, _weights.Select(w => w.Values));

    /// <summary>Ends with the best weights in use.</summary>
    public void UseBest() => Copy(_best, _weights.Select(w => w.Values));

    private Tensor[] Copies() => [.. _weights.Select(w => w.Values.Clone())];

    private static void Copy(IEnumerable<Tensor> from, IEnumerable<Tensor> to)
    {
        foreach (var (source, target) in from.Zip(to)) source.Span.CopyTo(target.Span);
    }
}
