using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Pictures;

namespace CsAligner.Data.Tests.Pictures;

/// <summary>Opens sets of pictures until the test is stopped.</summary>
internal static class OpenedSet
{
    public static Task<SampleSource> OfAsync(string name, int size, string? folder = null) =>
        PictureSets.OpenAsync(name, size, folder: folder, cancellationToken: TestContext.Current.CancellationToken);
}
