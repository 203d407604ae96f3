const { content } = await tools.file_reader({ path: params.path, limit: 1 });
return content.trim().split(',');
