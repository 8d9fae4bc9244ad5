using CsAligner.Generation.Training;
using CsAligner.Tensors;
using CsAligner.Tensors.Ops;

namespace CsAligner.Benchmarks.Decoder;

/// <summary>Pictures of random bytes with random embeddings: as costly as real ones.</summary>
internal sealed class SyntheticPictures : IConditionedPictures
{
    private readonly byte[][] _pictures;

    public SyntheticPictures(int side, int width)
    {
        var random = new Random(1);
        _pictures = [.. Enumerable.Range(0, Count).Select(_ => new byte[3 * side * side])];
        foreach (byte[] picture in _pictures) random.NextBytes(picture);
        using var tape = Tensors.Autograd.Tape.Inference();
        Conditions = tape.Normalize(Tensor.Normal(new RandomGenerator(1), 1, Count, width)).Clone();
    }

    public int Count => 1024;

    public Tensor Conditions { get; }

    public bool IsColoured(int index) => false;

    public void ReadImage(int index, Span<byte> rgb) => _pictures[index].CopyTo(rgb);
}
