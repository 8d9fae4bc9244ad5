using System.Diagnostics;
using System.Globalization;
using CsAligner.Benchmarks.Sets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>
/// Memory does not grow with a data set, or by so much a row and no more. The short form of the benchmark <c>sets</c>, which reads a
/// million rows of each kind.
/// </summary>
public class BoundedMemoryTests
{
    private const int RowsOfList = 100_000;

    // The matrices are larger than the heap.
    private const int RowsOfFiles = 50_000;

    // What the test's own program takes is in it: about 12 MB.
    private const long HeapBytes = 48 << 20;

    // 38 bytes, a path of 26 and a caption of 54 on average, and what blocks have to spare; 128 where there are quotes to it.
    private const int BytesOfRow = 135;

    [Fact]
    public async Task Every_reader_passes_over_a_hundred_thousand_rows_within_a_heap_of_48_megabytes()
    {
        string test =
            $"{typeof(BoundedMemoryTests).FullName}.{nameof(Only_in_the_process_with_the_small_heap_each_kind_is_generated_and_read)}";
        var start = new ProcessStartInfo("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "CsAligner.Data.Tests.dll"), "-method", test, "-explicit", "only"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapBytes.ToString("X", CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0 && output.Contains("Total: 1", StringComparison.Ordinal), output);
    }

    [Fact(Explicit = true)]
    public void Only_in_the_process_with_the_small_heap_each_kind_is_generated_and_read()
    {
        Assert.InRange(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, 1, HeapBytes);
        foreach (var form in SetForm.All)
        {
            using var folder = new TemporaryFolder();
            bool isList = form.Load == CsAligner.Data.Datasets.Samples.SampleParts.Captions;
            int rows = isList ? RowsOfList : RowsOfFiles;
            var pass = SetPass.Run(form.Write(folder.Path, rows), form.Load);
            Assert.Equal(rows / form.CaptionsOfSample, pass.Samples);
            Assert.True(pass.HeldBytes < (isList ? BytesOfRow * rows : 1 << 20), $"{form.Name} holds {pass.HeldBytes} bytes");
        }
    }
}
