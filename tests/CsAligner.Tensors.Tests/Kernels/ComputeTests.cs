
namespace CsAligner.Tensors.Tests.Kernels;

[Collection(ComputeSettings.Collection)]
public sealed class ComputeTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("256", 256)]
    public void Threads_are_read_from_the_environment(string text, int expected) =>
        Assert.Equal(expected, Compute.ReadThreads(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_setting_every_processor_is_used(string? text) =>
        Assert.Equal(Math.Clamp(Environment.ProcessorCount, 1, 256), Compute.ReadThreads(text));

    [Theory]
    [InlineData("0")]
    [InlineData("257")]
    [InlineData("-1")]
    [InlineData("two")]
    [InlineData("99999999999")]
    public void A_bad_number_of_threads_is_an_input_error_that_says_what_is_legal(string text)
    {
        string message = Assert.Throws<InputException>(() => Compute.ReadThreads(text)).Message;
        Assert.Contains("CSALIGN_THREADS", message, StringComparison.Ordinal);
        Assert.Contains("1 to 256", message, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void A_program_cannot_ask_for_no_or_too_many_threads(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Compute.Threads = threads);

    [Theory]
    [InlineData("AVX2")]
    [InlineData("sse")]
    public void A_bad_path_is_an_input_error_that_names_the_legal_values(string text)
    {
        string message = Assert.Throws<InputException>(() => Simd.Read(text)).Message;
        Assert.Contains("avx512, avx2 or portable", message, StringComparison.Ordinal);
        Assert.Contains($"'{text}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_available_path_can_be_named_and_the_best_is_the_default()
    {
        SimdPath[] available = [.. Enum.GetValues<SimdPath>().Where(Simd.IsAvailable)];
        foreach (SimdPath path in available) Assert.Equal(path, Simd.Read(Simd.NameOf(path)));
        Assert.Equal(available.Max(), Simd.Read(null));
    }

    [Fact]
    public void A_path_that_the_processor_lacks_is_refused()
    {
        SimdPath[] missing = [.. Enum.GetValues<SimdPath>().Where(path => !Simd.IsAvailable(path))];
        Assert.SkipUnless(missing.Length > 0, "this processor has every SIMD path");
        foreach (SimdPath path in missing) Assert.Throws<InputException>(() => Simd.Read(Simd.NameOf(path)));
    }
}
