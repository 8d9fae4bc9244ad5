using System.Net.Http.Headers;

namespace CsAligner.Server.Tests.Serving;

/// <summary>Forms as browsers send them.</summary>
internal static class Forms
{
    public static MultipartFormDataContent With(byte[]? picture, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields) form.Add(new StringContent(value), name);
        if (picture is null) return form;
        var file = new ByteArrayContent(picture);
        file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        form.Add(file, "image", "picture.png");
        return form;
    }
}
