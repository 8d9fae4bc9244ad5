using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Tests.Evaluation;

/// <summary>500 CLIP pairs of MS-COCO from the folder that CSALIGN_SHARED names; the test is skipped without it.</summary>
internal static class CocoFeatures
{
    public static (Tensor Images, Tensor Texts) Read()
    {
        string? shared = Environment.GetEnvironmentVariable("CSALIGN_SHARED");
        Assert.SkipUnless(shared != null, "CSALIGN_SHARED is not set: no clip-coco500 features to read.");
        string folder = Path.Combine(shared!, "data", "clip-coco500");
        return (Normalized(Path.Combine(folder, "images.npy")), Normalized(Path.Combine(folder, "texts.npy")));
    }

    private static Tensor Normalized(string path)
    {
        using var tape = Tape.Inference();
        return tape.Normalize(Npy.ReadTensor(path)).Clone();
    }
}
