using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>Where a run stands, in one tensor, so that a checkpoint of any step holds it: floats count exactly to 16 million.</summary>
internal sealed class AlignmentProgress
{
    public Tensor Values { get; } = new(10);

    /// <summary>Epochs done.</summary>
    public int Epoch => (int)Values.Span[0];

    /// <summary>Steps done in the epoch under way.</summary>
    public int Step => (int)Values.Span[1];

    /// <summary>The best epoch so far.</summary>
    public int Best { get => (int)Values.Span[2]; set => Values.Span[2] = value; }

    /// <summary>sigma in use.</summary>
    public float Bandwidth { get => Values.Span[3]; set => Values.Span[3] = value; }

    /// <summary>The sum of the loss over the steps of the epoch so far.</summary>
    public float Loss => Values.Span[4];

    /// <summary>The sum of D_CS over those steps.</summary>
    public float CauchySchwarz => Values.Span[5];

    /// <summary>The sum of InfoNCE over those steps.</summary>
    public float InfoNce => Values.Span[6];

    /// <summary>The sum of the other terms over those steps.</summary>
    public float Other => Values.Span[7];

    /// <summary>The sum of D_CS between tokens over those steps.</summary>
    public float TokenCauchySchwarz => Values.Span[8];

    /// <summary>sigma in use for tokens.</summary>
    public float TokenBandwidth { get => Values.Span[9]; set => Values.Span[9] = value; }

    public void Add(float loss, AlignmentLoss.LossValues result)
    {
        Span<float> values = Values.Span;
        values[1]++;
        values[4] += loss;
        values[5] += result.CauchySchwarz;
        values[6] += result.InfoNce;
        values[7] += result.Other;
        values[8] += result.TokenCauchySchwarz;
    }

    public void Begin(int epochsDone)
    {
        Span<float> values = Values.Span;
        values[0] = epochsDone;
        values[1] = 0;
        values[4..9].Clear();
    }
}
