using System.Text;
using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Models.Lora;

/// <summary>PEFT's adapter_config.json, as far as it concerns LoRA in one tower of a CLIP.</summary>
internal static class LoraConfig
{
    private const int MostBytes = 1 << 20;

    public static string ToJson(LoraOptions options, string baseModel)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("peft_type", "LORA");
            writer.WriteNull("task_type");
            writer.WriteString("base_model_name_or_path", baseModel);
            writer.WriteNumber("r", options.Rank);
            writer.WriteNumber("lora_alpha", options.Alpha);
            writer.WriteNumber("lora_dropout", 0);
            writer.WriteString("bias", "none");
            writer.WriteBoolean("fan_in_fan_out", false);
            writer.WriteBoolean("inference_mode", true);

            // A list of names would match them in both towers; PEFT takes a text as a regular expression.
            writer.WriteString("target_modules", $@"{(options.Tower == ClipTower.Text ? "text_model" : "vision_model")}\..*\.({string.Join('|', options.Modules)})");
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads the settings; the towers and modules are those that the expression or the list names.</summary>
    public static LoraOptions Read(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists) throw new InputException($"{path}: no such file; expected the adapter_config.json of LoRA that PEFT or csalign wrote");
        if (info.Length > MostBytes) throw new InputException($"{path}: {info.Length} bytes are no adapter_config.json");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.GetProperty("peft_type").GetString() != "LORA") throw new InputException($"{path}: peft_type is {root.GetProperty("peft_type")}, expected LORA");
            foreach (string key in (string[])["use_rslora", "use_dora", "fan_in_fan_out"])
                if (root.TryGetProperty(key, out var flag) && flag.ValueKind == JsonValueKind.True) throw new InputException($"{path}: {key} is not supported, only plain LoRA is");
            var target = root.GetProperty("target_modules");
            string text = target.ToString();
            string[] modules = [.. LoraOptions.KnownModules.Where(module => text.Contains(module, StringComparison.Ordinal))];
            bool inText = text.Contains("text_model", StringComparison.Ordinal), inImage = text.Contains("vision_model", StringComparison.Ordinal);
            if (inText == inImage)
                throw new InputException($"{path}: target_modules must name one tower, as in text_model\\..*\\.(q_proj|v_proj), got {text}");
            var options = new LoraOptions
            {
                Tower = inText ? ClipTower.Text : ClipTower.Image,
                Rank = root.GetProperty("r").GetInt32(),
                Alpha = root.GetProperty("lora_alpha").GetDouble(),
                Modules = modules,
            };
            try
            {
                options.Validate();
            }
            catch (InputException e)
            {
                throw new InputException($"{path}: {e.Message}", e);
            }

            return options;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path}: this is no PEFT configuration of LoRA ({e.Message}); expected peft_type, r, lora_alpha and target_modules", e);
        }
    }
}
