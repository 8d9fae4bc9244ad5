using System.Diagnostics;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Objective;

/// <summary>Our objective on fixed inputs, through the library's front door: tape, loss, backward.</summary>
internal sealed class ObjectiveCall
{
    private readonly CsAlignerObjective _objective;
    private readonly Tensor _images, _texts;
    private readonly PeakMemory _memory;

    public ObjectiveCall(ObjectiveSettings settings)
    {
        (_images, _texts) = settings.Images == null
            ? ObjectiveInputs.Synthetic(settings.Batch, settings.Dim)
            : (Npy.ReadTensor(settings.Images), Npy.ReadTensor(settings.Texts!));
        if (_images.Rank != 2 || _texts.Rank != 2 || _images.Width != _texts.Width)
            throw new InputException(
                $"objective: expected two matrices of one width, got {_images} and {_texts}; give files of embeddings.");
        (_images.RequiresGrad, _texts.RequiresGrad) = (true, true);
        _objective = new CsAlignerObjective
        {
            Bandwidth = settings.Bandwidth,
            Temperature = settings.Temperature,
            InfoNceWeight = settings.Lambda
        };
        GC.Collect();
        _memory = new PeakMemory();
    }

    public int Rows => _images.Rows;

    public int Columns => _texts.Rows;

    public int Dim => _images.Width;

    /// <summary>Multiply-adds times two of three products for the cross term and one and a half for each self term.</summary>
    public double Flops => 2.0 * Dim * ((3.0 * Rows * Columns) + (1.5 * Rows * Rows) + (1.5 * Columns * Columns));

    public void WriteInputs(string images, string texts)
    {
        Npy.Write(images, _images);
        Npy.Write(texts, _texts);
    }

    public ObjectiveResult Run()
    {
        _images.ZeroGrad();
        _texts.ZeroGrad();
        long start = Stopwatch.GetTimestamp();
        double value;
        using (var tape = new Tape())
        {
            var result = _objective.Forward(tape, _images, _texts);
            value = result.CauchySchwarz + (_objective.InfoNceWeight * result.InfoNce);
            tape.Backward(result.Loss);
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new ObjectiveResult(seconds, value, Norm(_images.Grad), Norm(_texts.Grad), _memory.Rise);
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double square = 0;
        foreach (float value in values) square += (double)value * value;
        return Math.Sqrt(square);
    }
}
