using System.Runtime.InteropServices;
using System.Text.Json;
using CsAligner.Server.Encoding;
using CsAligner.Server.Requests;
using CsAligner.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsAligner.Server.Routes;

/// <summary><c>/v1/embeddings</c> in the shape of OpenAI's, so that its clients embed words with the index's model.</summary>
internal sealed class EmbeddingRoutes(QueryEncoder encoder, string model)
{
    private const int MostInputs = 256;

    private static readonly string[] Fields = ["input", "model", "encoding_format", "dimensions", "user"];

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/embeddings", (RequestDelegate)EmbedAsync);

    private async Task EmbedAsync(HttpContext context)
    {
        var fields = await RequestFields.ReadAsync(context, Fields, 0);
        string[] inputs = fields.Texts("input");
        if (inputs.Length is 0 or > MostInputs || Array.Exists(inputs, string.IsNullOrEmpty))
            throw RequestFields.Unread($"'input': expected a text, or a list of 1 to {MostInputs} texts, none of them empty");
        if (fields.One("model") is { } asked && asked != model)
            throw new RequestException(StatusCodes.Status404NotFound,
                $"there is no model '{RequestFields.Short(asked)}' here, only '{model}'");
        if (fields.Number("dimensions", encoder.Width, 1, int.MaxValue) is var width && width != encoder.Width)
            throw RequestFields.Unread($"'dimensions': the model gives {encoder.Width} values, not {width}; leave it out");
        bool isBase64 = fields.Choice("encoding_format", "float", "base64") == "base64";
        float[][] rows = await Task.WhenAll(inputs.Select(input => encoder.WordsAsync(input, context.RequestAborted)));
        await JsonAnswer.WriteAsync(context, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("object", "list");
            writer.WriteStartArray("data");
            for (int i = 0; i < rows.Length; i++)
            {
                writer.WriteStartObject();
                writer.WriteString("object", "embedding");
                writer.WriteNumber("index", i);
                Write(writer, Unit(rows[i]), isBase64);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("model", model);
            writer.WriteStartObject("usage");
            writer.WriteNumber("prompt_tokens", 0);
            writer.WriteNumber("total_tokens", 0);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter writer, float[] row, bool isBase64)
    {
        if (isBase64)
        {
            writer.WriteBase64String("embedding", MemoryMarshal.AsBytes(row.AsSpan()));
            return;
        }

        writer.WriteStartArray("embedding");
        foreach (float value in row) writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    // As OpenAI's are: the dot product of two is their cosine.
    private static float[] Unit(float[] row)
    {
        float length = System.Numerics.Tensors.TensorPrimitives.Norm<float>(row);
        if (!(length > 0 && float.IsFinite(length))) throw new InputException("the model gives no direction for this input");
        System.Numerics.Tensors.TensorPrimitives.Divide(row, length, row);
        return row;
    }
}
