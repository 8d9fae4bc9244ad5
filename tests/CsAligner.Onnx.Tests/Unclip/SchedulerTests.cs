using System.Text.Json;
using CsAligner.Onnx.Unclip.Schedulers;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests.Unclip;

/// <summary>Schedulers against make_unclip.py, which computes in NumPy's float64.</summary>
public sealed class SchedulerTests
{
    private static string Folder => Path.Combine(OnnxNeeds.Golden, "unclip");

    [Theory]
    [InlineData("kandinsky")]
    [InlineData("karlo")]
    [InlineData("karlo-second")]
    [InlineData("karlo-sample")]
    [InlineData("stable")]
    [InlineData("ddim-epsilon")]
    [InlineData("ddim-sample")]
    [InlineData("ddpm-large")]
    public void Times_and_steps_are_those_of_NumPy(string name)
    {
        var scheduler = DiffusionScheduler.Read(Path.Combine(Folder, "schedulers", name + ".json"));
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "schedulers.json")));
        var golden = document.RootElement.GetProperty(name);
        int[] times = scheduler.Times(6);
        Assert.Equal(Numbers("times"), times.Select(time => (double)time).ToArray());
        Assert.Equal(Numbers("times50"), scheduler.Times(50).Select(time => (double)time).ToArray());
        float[] sample = Floats(golden, "start");
        for (int i = 0; i < times.Length; i++)
        {
            var step = golden.GetProperty("steps")[i];
            scheduler.Step(
                sample, Floats(step, "prediction"), Floats(step, "variance"), times[i], scheduler.Next(times, i), Floats(step, "noise"));
            float[] after = Floats(step, "after");
            float most = after.Max(Math.Abs);
            for (int k = 0; k < after.Length; k++) Assert.InRange(Math.Abs(sample[k] - after[k]), 0, 3e-5f * Math.Max(1, most));
        }

        double[] Numbers(string key) => [.. golden.GetProperty(key).EnumerateArray().Select(value => value.GetDouble())];
    }

    [Theory]
    [InlineData("""{"_class_name": "PNDMScheduler"}""",
        "_class_name is \"PNDMScheduler\", expected DDPMScheduler, UnCLIPScheduler or DDIM")]
    [InlineData("""{"_class_name": "DDIMScheduler", "beta_schedule": "sigmoid"}""", "beta_schedule is \"sigmoid\", expected linear")]
    [InlineData("""{"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": true}""", "rescale_betas_zero_snr is true, expected false")]
    [InlineData("""{"_class_name": "DDPMScheduler", "variance_type": "learned"}""", "variance_type is \"learned\", expected fixed_small")]
    [InlineData("""{"_class_name": "DDPMScheduler", "num_train_timesteps": 0}""", "num_train_timesteps is 0, expected a whole number")]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("{", "not valid JSON")]
    public void What_is_not_supported_is_refused(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("scheduler_config.json", System.Text.Encoding.UTF8.GetBytes(json));
        string message = Assert.Throws<InputException>(() => DiffusionScheduler.Read(path)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("scheduler_config.json", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static float[] Floats(JsonElement element, string key) =>
        [.. element.GetProperty(key).EnumerateArray().Select(value => value.GetSingle())];
}
