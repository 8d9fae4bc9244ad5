using CsAligner.Generation.Decoders;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Arrays;

namespace CsAligner.Generation.Training;

/// <summary>
/// The exponential moving average of a decoder's weights: less noisy than the weights of any one step. Early on it is shorter, so that the
/// random start is forgotten.
/// </summary>
internal sealed class ExponentialMovingAverage
{
    private readonly (string Name, Tensor Values)[] _weights;
    private readonly Tensor[] _averages;

    public ExponentialMovingAverage(DiffusionDecoder decoder, double decay)
    {
        _weights = [.. decoder.NamedTensors];
        _averages = [.. _weights.Select(w => w.Values.Clone())];
        Decay = decay;
    }

    public double Decay { get; }

    /// <summary>The averages by the names of the weights.</summary>
    public IEnumerable<(string Name, Tensor Values)> State => _weights.Select((weight, i) => (weight.Name, _averages[i]));

    /// <summary>Takes the weights after a step into the average.</summary>
    /// <param name="step">From 1.</param>
    public void Add(long step)
    {
        float share = (float)(1 - Math.Min(Decay, (1.0 + step) / (10.0 + step)));
        for (int i = 0; i < _averages.Length; i++) Elementwise.MoveTowards(_averages[i], _weights[i].Values, share);
    }

    /// <summary>Puts the average into a decoder of the same shape.</summary>
    public void CopyTo(DiffusionDecoder decoder) => CopyTo(_averages, decoder.NamedTensors.Select(w => w.Values));

    private static void CopyTo(IEnumerable<Tensor> from, IEnumerable<Tensor> to)
    {
        foreach (var (source, target) in from.Zip(to)) source.Span.CopyTo(target.Span);
    }
}
